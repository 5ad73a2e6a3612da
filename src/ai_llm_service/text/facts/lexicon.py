"""Words for numbers, scales, units and months in many languages."""

from ai_llm_service.text.facts.word_sets import word_set


def _table(rows: str) -> dict[str, float]:
    """`2 two zwei` a line: the value, then its words."""
    found: dict[str, float] = {}
    for row in rows.strip().splitlines():
        value, *forms = row.split()
        found.update(dict.fromkeys(forms, float(value)))
    return found


def _names(rows: str) -> dict[str, str]:
    """`km kilometre kilometres` a line: the name of a thing, which is also its first form."""
    found: dict[str, str] = {}
    for row in rows.strip().splitlines():
        name, *forms = row.split()
        found.update(dict.fromkeys((name, *forms), name))
    return found


# Words that also mean something else (once, elf, due, sei, mil) are left out.
NUMBER_WORDS = _table("""
0 zero null शून्य
2 two twice zwei deux dos dois twee दो दोन দুই இரண்டு రెండు два две dua iki mbili اثنان
3 three thrice drei trois tres três drie तीन তিন மூன்று మూడు три tiga üç tatu ثلاثة ثلاث
4 four vier quatre cuatro quatro quattro चार চার நான்கு నాలుగు четыре empat dört nne أربعة أربع
5 five fünf cinq cinco cinque vijf पाँच पांच पाच পাঁচ ஐந்து అయిదు пять lima beş tano خمسة خمس
6 six sechs seis zes छह छः सहा ছয় ஆறு ఆరు шесть enam altı sita ستة ست
7 seven sieben siete sette zeven सात সাত ஏழு ఏడు семь tujuh yedi saba سبعة سبع
8 eight acht huit ocho oito otto आठ আট எட்டு ఎనిమిది восемь delapan sekiz nane ثمانية
9 nine neun neuf nueve nove negen नौ नऊ নয় ஒன்பது తొమ్మిది девять sembilan dokuz tisa تسعة
10 ten zehn diez dez dieci tien दस दहा দশ பத்து పది десять sepuluh kumi عشرة عشر
11 eleven onze undici ग्यारह এগারো одиннадцать
12 twelve dozen zwölf douze doce doze dodici twaalf बारह বারো двенадцать
13 thirteen dreizehn treize trece treze तेरह
14 fourteen vierzehn quatorze catorce चौदह
15 fifteen fünfzehn quinze quince vijftien पंद्रह पन्द्रह পনেরো пятнадцать
16 sixteen sechzehn seize सोलह
17 seventeen siebzehn सत्रह
18 eighteen achtzehn अठारह
19 nineteen neunzehn उन्नीस
20 twenty zwanzig vingt veinte vinte venti twintig बीस वीस বিশ இருபது ఇరవై двадцать
25 पच्चीस
30 thirty dreißig dreissig trente treinta trinta trenta dertig तीस त्रिश ত্রিশ முப்பது тридцать
40 forty vierzig quarante cuarenta quarenta quaranta veertig चालीस চল্লিশ сорок
50 fifty fünfzig cinquante cincuenta cinquenta cinquanta vijftig पचास পঞ্চাশ пятьдесят
60 sixty sechzig soixante sesenta sessenta sessanta zestig साठ ষাট шестьдесят
70 seventy siebzig setenta सत्तर সত্তর
80 eighty achtzig ochenta oitenta अस्सी আশি
90 ninety neunzig noventa नब्बे নব্বই
100 hundred hundert cien cem honderd सौ শত நூறు сто
1000 thousand tausend mille duizend हज़ार हजार হাজার ஆயிரம் వేల тысяча
""")
# What says a number without a number's word: found in a passage, but never asked of it.
LOOSE_NUMBER_WORDS = _table("""
1 one once single first a an ein eine un une uno una एक eerste
2 both double second pair couple beide दोनों दूसरा zweite deuxième
3 third triple तीसरा dritte
4 fourth vierte
5 fifth
6 sixth
7 seventh
8 eighth
9 ninth
10 tenth
12 monthly
52 weekly
""")
FRACTIONS = _table("""
0.5 half halves halve hälfte moitié mitad metade metà आधा आधे आधी অর্ধেক половина
0.25 quarter quarters viertel quart चौथाई четверть
0.333333 third thirds drittel tiers tercio तिहाई треть
0.2 fifth fifths fünftel
0.1 tenth tenths zehntel
0.75 तीन-चौथाई
""")
SCALES = _table("""
1e3 thousand thousands tausend mille mil हज़ार हजार হাজার ஆயிரம் వేలు тысяч тысячи тыс ألف
1e5 lakh lakhs lac lacs लाख লাখ লক্ষ இலட்சம் லட்சம் లక్షల లక్ష
1e6 million millions mn mio millionen millón millones milhão milhões milione milioni miljoen
1e6 मिलियन মিলিয়ন миллион миллиона миллионов млн مليون milyon juta
1e7 crore crores cr करोड़ কোটি கோடி కోట్ల కోటి
1e9 billion billions bn mrd milliarde milliarden milliard milliards miljard अरब миллиард
1e9 миллиарда миллиардов млрд مليار milyar miliar bilhões
1e12 trillion trillions tn billionen खरब триллион
1e4 万
1e8 亿
""")
ENGLISH_SCALES = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
# Right behind a digit a single letter may be a scale or a unit: 12.4m.
LETTER_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9}

PERCENT_WORDS = word_set(
    "percent percentage pct prozent procent ciento प्रतिशत फीसदी फ़ीसदी टक्के শতাংশ",
    "சதவீதம் శాతం процент процента процентов yüzde persen asilimia",
)
UNITS = _names("""
km kilometre kilometres kilometer kilometers kms किलोमीटर কিলোমিটার километров kilometern 公里
mile miles mi मील
metre m metres meter meters metern mètres mètre metros metro मीटर মিটার метров метра 米 メートル
cm centimetre centimetres centimeter centimeters zentimeter सेंटीमीटर
mm millimetre millimetres millimeter millimeters
foot ft feet फुट
inch inches
kg kilogram kilograms kilo kilos kilogramm किलोग्राम किलो
g gram grams gramme grammes gramm ग्राम
mg milligram milligrams मिलीग्राम
tonne t tonnes ton tons tonnen टन
litre l litres liter liters लीटर
ml millilitre millilitres milliliter milliliters मिलीलीटर
kb kilobyte kilobytes
mb megabyte megabytes
gb gigabyte gigabytes
tb terabyte terabytes
w watt watts
kw kilowatt kilowatts
mw megawatt megawatts
gw gigawatt gigawatts
ms millisecond milliseconds
second s sec secs seconds sekunden secondes segundos सेकंड
minute min mins minutes minuten minuti minutos मिनट মিনিট минут 分钟
hour h hr hrs hours stunde stunden heure heures hora horas uur घंटे घंटा ঘণ্টা часов часа 小时
day days tag tage tagen jour jours día días dia dias dag dagen दिन दिनों দিন நாட்கள் дней дня 天
week weeks woche wochen semaine semaines semana semanas weken सप्ताह हफ्ते সপ্তাহ недель
month months monat monate monaten mois mes meses maanden महीने महीना मास মাস месяцев месяца
year years yr yrs jahr jahre jahren an ans année années año años ano anos jaar साल वर्ष বছর лет
acre acres एकड़
hectare ha hectares hektar हेक्टेयर
degree degrees °c °f grad डिग्री
rupee ₹ rs inr rupees रुपये रुपए रुपया টাকা ரூபாய் రూపాయలు
dollar $ usd dollars डॉलर
euro € eur euros
pound £ gbp pounds
franc chf francs franken
yen ¥ jpy
""")
_MONTHS = """
1 january jan january januar janvier enero janeiro gennaio januari ocak जनवरी जानेवारी জানুয়ারি
1 января январь يناير জানুয়ারী
2 february feb februar février febrero fevereiro febbraio februari şubat फरवरी फ़रवरी फेब्रुवारी
2 февраля февраль فبراير ফেব্রুয়ারি
3 march mar märz mars marzo março maart maret mart मार्च মার্চ மார்ச் марта март مارس
4 april apr avril abril aprile nisan अप्रैल एप्रिल এপ্রিল ஏப்ரல் апреля апрель أبريل
5 may mai mayo maio maggio mei mayıs मई मे মে மே мая май مايو
6 june jun juni juin junio junho giugno haziran जून জুন ஜூன் июня июнь يونيو
7 july jul juli juillet julio julho luglio temmuz जुलाई जुलै জুলাই ஜூலை июля июль يوليو
8 august aug août agosto augustus agustus ağustos अगस्त ऑगस्ट আগস্ট ஆகஸ்ட் августа август أغسطس
9 september sep sept septembre septiembre setembro settembre eylül सितंबर सितम्बर सप्टेंबर
9 сентября сентябрь سبتمبر সেপ্টেম্বর
10 october oct oktober octobre octubre outubro ottobre ekim अक्टूबर अक्तूबर ऑक्टोबर অক্টোবর
10 октября октябрь أكتوبر
11 november nov novembre noviembre novembro kasım नवंबर नवम्बर नोव्हेंबर নভেম্বর ноября ноябрь نوفمبر
12 december dec dezember décembre diciembre dezembro dicembre desember aralık दिसंबर दिसम्बर डिसेंबर
12 декабря декабрь ديسمبر ডিসেম্বর
"""
MONTHS = {word: int(number) for word, number in _table(_MONTHS).items()}
# In small letters these are other words, unless a number stands beside them.
COMMON_MONTH_WORDS = word_set(
    "may mar mai mars march mei mart mayo dec sep jan mes मे মে மே",
)
# A name of the week is a fact in every script.
WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch",
    "donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi",
    "dimanche lunes martes miércoles jueves viernes sábado domingo सोमवार मंगलवार बुधवार",
    "गुरुवार शुक्रवार शनिवार रविवार সোমবার মঙ্গলবার বুধবার বৃহস্পতিবার শুক্রবার শনিবার",
    "রবিবার திங்கள் செவ்வாய் புதன் வியாழன் வெள்ளி சனி ஞாயிறு понедельник вторник среда",
    "четверг пятница суббота воскресенье",
)
